//! The methods of the auth service.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::{Value, json};

use super::{
    Expression, SignedRequest, clients,
    clients::{Client, added},
    expand, roles,
    scopes::ScopeSet,
    verify,
};
use crate::{
    call::{Answer, Call, timestamp},
    error::ApiError,
};

/// Answers a call.
pub(crate) fn handle(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    match call.method.name {
        "currentScopes" => {
            call.require(&Expression::scope("auth:current-scopes"))?;
            Ok(Answer::json(&json!({ "scopes": call.identity.scopes.as_slice() })))
        }
        "expandScopes" => {
            call.require(&Expression::scope("auth:expand-scopes"))?;
            let scopes = expand(db, strings(&call.body["scopes"]))?;
            Ok(Answer::json(&json!({ "scopes": scopes.as_slice() })))
        }
        "authenticateHawk" => authenticate_hawk(call, db),
        "testAuthenticate" => who_am_i(call, strings(&call.body["requiredScopes"])),
        "testAuthenticateGet" => who_am_i(call, vec!["test:authenticate-get".to_owned()]),
        "client" | "createClient" | "updateClient" | "deleteClient" | "resetAccessToken" | "enableClient"
        | "disableClient" => client(call, db),
        "listClients" => list_clients(call, db),
        "role" | "createRole" | "updateRole" | "deleteRole" => role(call, db),
        "listRoles" | "listRoles2" | "listRoleIds" => list_roles(call, db),
        _ => Err(ApiError::unknown_route()),
    }
}

/// What a service asks that wants to know who sent it a request.
fn authenticate_hawk(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let text = |key: &str| call.body[key].as_str().unwrap_or_default();
    let request = SignedRequest {
        verb: text("method"),
        host: text("host"),
        port: call.body["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or_default(),
        path_and_query: text("resource"),
        authorization: call.body["authorization"].as_str(),
        content_type: None,
        body: &[],
    };
    let found =
        verify(&request, call.now, &|id| clients::load(db, id, call.now), &|scopes| expand(db, scopes));
    let answer = match found {
        Ok(Some((identity, claim))) => {
            let mut answer = json!({
                "status": "auth-success",
                "scheme": "hawk",
                "clientId": identity.client_id,
                "scopes": identity.scopes.as_slice(),
                "expires": identity.expires.map(timestamp),
            });
            if let Some(hash) = claim.hash() {
                answer["hash"] = json!(hash);
            }
            answer
        }
        Ok(None) => json!({
            "status": "no-auth",
            "scheme": "none",
            "scopes": call.identity.scopes.as_slice(),
            "expires": timestamp(call.now + chrono::Duration::minutes(15)),
        }),
        Err(error) if error.status < 500 => json!({ "status": "auth-failed", "message": error.message }),
        Err(error) => return Err(error),
    };
    Ok(Answer::json(&answer))
}

fn who_am_i(call: &Call<'_>, required: Vec<String>) -> Result<Answer, ApiError> {
    call.require(&Expression::all_of(required))?;
    let client_id = call.identity.client_id.as_deref().unwrap_or("auth-failed:no-auth");
    Ok(Answer::json(&json!({ "clientId": client_id, "scopes": call.identity.scopes.as_slice() })))
}

fn client(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let client_id = call.argument("clientId");
    let require = |what: &str, scopes: Vec<&String>| {
        let own = Expression::scope(format!("auth:{what}:{client_id}"));
        let scopes = scopes.into_iter().map(Expression::scope);
        call.require(&match scopes.len() {
            0 => own,
            _ => Expression::All([own].into_iter().chain(scopes).collect()),
        })
    };
    let missing = || ApiError::not_found("Client not found");
    let load = || clients::get(db, client_id)?.ok_or_else(missing);
    if call.method.name == "client" {
        require("get-client", Vec::new())?;
        return Ok(Answer::json(&load()?.to_json(db)?));
    }
    if client_id.starts_with("static/") {
        return Err(ApiError::input_error(format!(
            "clientId \"{client_id}\" starts with \"static/\" which is reserved for statically configured clients."
        )));
    }
    let scopes = strings(&call.body["scopes"]);
    refuse_double_stars(&scopes)?;
    let mut client = match call.method.name {
        "createClient" => {
            require("create-client", scopes.iter().collect())?;
            if clients::get(db, client_id)?.is_some() {
                return Err(ApiError::conflict("Client already exists"));
            }
            let mut client = Client::new(client_id, new_token(call), call.now);
            client.scopes = scopes;
            describe(&mut client, &call.body)?;
            client
        }
        "updateClient" => {
            let mut client = load()?;
            let new = scopes.iter().filter(|scope| !client.scopes.contains(scope)).collect();
            require("update-client", new)?;
            describe(&mut client, &call.body)?;
            if call.body["scopes"].is_array() {
                client.scopes = scopes;
            }
            client
        }
        "deleteClient" => {
            require("delete-client", Vec::new())?;
            db.execute("DELETE FROM auth_clients WHERE client_id = ?1", [client_id])?;
            return Ok(nothing());
        }
        "resetAccessToken" => {
            require("reset-access-token", Vec::new())?;
            let mut client = load()?;
            client.access_token = new_token(call);
            client.last_rotated = timestamp(call.now);
            client
        }
        other => {
            let disable = other == "disableClient";
            require(if disable { "disable-client" } else { "enable-client" }, Vec::new())?;
            let mut client = load()?;
            client.disabled = disable;
            client
        }
    };
    client.last_modified = timestamp(call.now);
    client.write(db)?;
    let mut answer = client.to_json(db)?;
    if matches!(call.method.name, "createClient" | "resetAccessToken") {
        answer["accessToken"] = json!(client.access_token);
    }
    Ok(Answer::json(&answer))
}

fn describe(client: &mut Client, body: &Value) -> Result<(), ApiError> {
    let expires = body["expires"].as_str().unwrap_or_default();
    let expires = DateTime::parse_from_rfc3339(expires)
        .map_err(|_| ApiError::input_error(format!("expires is not a time: {expires}")))?;
    client.description = body["description"].as_str().unwrap_or_default().to_owned();
    client.expires = Some(expires.to_utc());
    client.delete_on_expiration = body["deleteOnExpiration"].as_bool().unwrap_or_default();
    Ok(())
}

/// 44 characters, as the services make them of two slugids.
fn new_token(call: &Call<'_>) -> String {
    let mut random = [0; 33];
    (call.random)(&mut random);
    URL_SAFE_NO_PAD.encode(random)
}

fn list_clients(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    call.require(&Expression::scope("auth:list-clients"))?;
    let after = match call.option("continuationToken") {
        Some(token) => decode_token(token)?,
        None => String::new(),
    };
    let limit = call.limit();
    let found = clients::list(db, call.option("prefix").unwrap_or_default(), &after, limit)?;
    let shown = found.iter().map(|client| client.to_json(db)).collect::<Result<Vec<_>, _>>()?;
    let mut answer = json!({ "clients": shown });
    if let Some(last) = found.last().filter(|_| found.len() == limit) {
        answer["continuationToken"] = json!(URL_SAFE_NO_PAD.encode(&last.client_id));
    }
    Ok(Answer::json(&answer))
}

fn role(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    let role_id = call.argument("roleId");
    let existing = stored_role(db, role_id)?;
    let own = |what: &str| Expression::scope(format!("auth:{what}:{role_id}"));
    match call.method.name {
        "role" => {
            call.require(&own("get-role"))?;
            let role = existing.ok_or_else(|| ApiError::not_found("Role not found"))?;
            return Ok(Answer::json(&role_json(db, role)?));
        }
        "deleteRole" => {
            call.require(&own("delete-role"))?;
            db.execute("DELETE FROM auth_roles WHERE role_id = ?1", [role_id])?;
            return Ok(nothing());
        }
        _ => {}
    }
    let mut scopes = strings(&call.body["scopes"]);
    refuse_double_stars(&scopes)?;
    let description = call.body["description"].as_str().unwrap_or_default();
    let now = timestamp(call.now);
    let create = call.method.name == "createRole";
    let (had, verb) = match &existing {
        _ if create => (ScopeSet::default(), "create-role"),
        Some(role) => (expand(db, role.scopes.clone())?, "update-role"),
        None => return Err(ApiError::not_found(format!("Role with roleId '{role_id}' not found"))),
    };
    let added = added(&had, &scopes).map(Expression::scope);
    call.require(&Expression::All([own(verb)].into_iter().chain(added).collect()))?;
    let created = if create {
        scopes = sorted(scopes);
        match existing {
            Some(role) if role.description == description && role.scopes == scopes => {
                return Ok(Answer::json(&role_json(db, role)?));
            }
            Some(_) => {
                return Err(ApiError::conflict(format!("Role with roleId '{role_id}' already exists")));
            }
            None => now.clone(),
        }
    } else {
        existing.map_or_else(|| now.clone(), |role| role.created)
    };
    let mut all = roles::all(db)?;
    all.retain(|role| role.id != role_id);
    all.push(roles::Role { id: role_id.to_owned(), scopes: scopes.clone() });
    roles::check(&all)?;
    db.execute(
        "INSERT OR REPLACE INTO auth_roles VALUES (?1, ?2, ?3, ?4, ?5)",
        params![role_id, description, serde_json::to_string(&scopes)?, created, now],
    )?;
    let role = StoredRole {
        id: role_id.to_owned(),
        description: description.to_owned(),
        scopes,
        created,
        modified: now,
    };
    Ok(Answer::json(&role_json(db, role)?))
}

struct StoredRole {
    id: String,
    description: String,
    scopes: Vec<String>,
    created: String,
    modified: String,
}

fn stored_role(db: &Transaction<'_>, role_id: &str) -> Result<Option<StoredRole>, ApiError> {
    let mut query = db.prepare_cached(
        "SELECT description, scopes, created, last_modified FROM auth_roles WHERE role_id = ?1",
    )?;
    let row = query.query_row([role_id], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?))
    });
    let Some((description, scopes, created, modified)) = row.optional()? else { return Ok(None) };
    let scopes = serde_json::from_str(&scopes)?;
    Ok(Some(StoredRole { id: role_id.to_owned(), description, scopes, created, modified }))
}

fn role_json(db: &Transaction<'_>, role: StoredRole) -> Result<Value, ApiError> {
    let expanded = expand(db, vec![format!("assume:{}", role.id)])?;
    Ok(json!({
        "roleId": role.id,
        "scopes": role.scopes,
        "expandedScopes": expanded.as_slice(),
        "description": role.description,
        "lastModified": role.modified,
        "created": role.created,
    }))
}

fn list_roles(call: &Call<'_>, db: &Transaction<'_>) -> Result<Answer, ApiError> {
    call.require(&Expression::scope("auth:list-roles"))?;
    let mut ids = roles::all(db)?.into_iter().map(|role| role.id).collect::<Vec<_>>();
    let full = |ids: &[String]| {
        let roles = ids.iter().filter_map(|id| stored_role(db, id).transpose());
        roles.map(|role| role_json(db, role?)).collect::<Result<Vec<_>, ApiError>>()
    };
    if call.method.name == "listRoles" {
        return Ok(Answer::json(&json!(full(&ids)?)));
    }
    if let Some(token) = call.option("continuationToken") {
        let after = decode_token(token)?;
        ids.retain(|id| *id > after);
    }
    let mut answer = json!({});
    // Without a limit, all of them.
    let limit = call.option("limit").and_then(|limit| limit.parse::<usize>().ok()).unwrap_or_default();
    if limit > 0 && ids.len() > limit {
        ids.truncate(limit);
        answer["continuationToken"] = json!(ids.last().map(|id| URL_SAFE_NO_PAD.encode(id)));
    }
    if call.method.name == "listRoleIds" {
        answer["roleIds"] = json!(ids);
    } else {
        answer["roles"] = json!(full(&ids)?);
    }
    Ok(Answer::json(&answer))
}

fn decode_token(token: &str) -> Result<String, ApiError> {
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| ApiError::input_error("Invalid continuationToken"))
}

fn refuse_double_stars(scopes: &[String]) -> Result<(), ApiError> {
    match scopes.iter().any(|scope| scope.ends_with("**")) {
        true => Err(ApiError::input_error("scopes must not end with `**`")),
        false => Ok(()),
    }
}

/// In the order of sets, though with all that a set would leave out.
fn sorted(mut scopes: Vec<String>) -> Vec<String> {
    scopes.sort_by(|a, b| super::scopes::compare(a, b));
    scopes
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What is answered by methods that answer nothing.
fn nothing() -> Answer {
    Answer { status: 204, headers: Vec::new(), body: Vec::new() }
}
