//! Published releases of the Python taskgraph and their digests.

/// A published release of taskcluster-taskgraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its version, such as `24.5.1`.
    pub version: &'static str,
    /// The SHA-256 of its wheel.
    pub wheel_sha256: &'static str,
    /// The SHA-256 of its run-task script, which goes into cache names.
    pub run_task_sha256: &'static str,
}

/// The release this program is a drop-in for.
pub const DEFAULT_RELEASE: &str = "24.5.1";

/// The SHA-256 of a release's run-task script, 64 hex digits; none if the release is not in [`KNOWN_RELEASES`].
///
/// ```
/// use taskgraph_docker::{DEFAULT_RELEASE, known_digest};
///
/// assert!(known_digest(DEFAULT_RELEASE).is_some_and(|digest| digest.starts_with("b501540836ece0d08200")));
/// assert_eq!(known_digest("0.1"), None);
/// ```
pub fn known_digest(version: &str) -> Option<&'static str> {
    let release = KNOWN_RELEASES.iter().find(|release| release.version == version)?;
    Some(release.run_task_sha256)
}

/// Releases that can be installed, newest first.
pub const KNOWN_RELEASES: &[Release] = &[
    Release {
        version: "24.5.1",
        wheel_sha256: "1b460fa7f16a58ae85a8cbd7d4e4dcc9e816a93b60ff0301194a6c5d3aa626af",
        run_task_sha256: "b501540836ece0d0820009a4d20fb71105130bdd5c894d79fc893f4222da40fd",
    },
    Release {
        version: "24.5.0",
        wheel_sha256: "0850ae3915d15b3328ca5a59c8e3a2176a1f3f210c9d18c55b00bae8d29ce9ba",
        run_task_sha256: "b501540836ece0d0820009a4d20fb71105130bdd5c894d79fc893f4222da40fd",
    },
    Release {
        version: "24.4.1",
        wheel_sha256: "564fdbd449d9e03c7e80b79b5bf16d176aed1190c88457076f70d2aefe8ef3b5",
        run_task_sha256: "7c0a27946f3603d209f8330119c427a9676ba49ec9022fd2eb7304e91cc3198f",
    },
    Release {
        version: "24.4.0",
        wheel_sha256: "87a4aecc0820e9888f0795681babc53b55664f61b0e3dc00736dbf4d1d04eef2",
        run_task_sha256: "7c0a27946f3603d209f8330119c427a9676ba49ec9022fd2eb7304e91cc3198f",
    },
    Release {
        version: "24.3.0",
        wheel_sha256: "bb1282a3f7b92c786bd27e5e914181a0dc71a17a056fca2d981e3a2b2fd7b21e",
        run_task_sha256: "0d1a5705c1d72e67cb3f0b33ed2d082707160b45c5203884f7d3eedb264266b0",
    },
    Release {
        version: "24.2.3",
        wheel_sha256: "e2af9e09395c34bba456cf26e3952822f359922bc75f696ba7948269b47e3289",
        run_task_sha256: "c8442a4dac36bbb86016a954996b0dd7427cf4615aad9850b4885e165e962342",
    },
    Release {
        version: "24.2.2",
        wheel_sha256: "73f5f3ad8545205c782f7caa079496fb5511774007b09330bd26683970e41474",
        run_task_sha256: "c8442a4dac36bbb86016a954996b0dd7427cf4615aad9850b4885e165e962342",
    },
    Release {
        version: "24.2.1",
        wheel_sha256: "0b8c9b88e257e303cbabd7eb205549768d283e4d313ec8c22270c2d473282584",
        run_task_sha256: "c8442a4dac36bbb86016a954996b0dd7427cf4615aad9850b4885e165e962342",
    },
    Release {
        version: "24.2.0",
        wheel_sha256: "d14ad04d5f76f5d1fd2b6fa3bcd5abf6e93c492bf9033bd4d44bc33ce02764c8",
        run_task_sha256: "c8442a4dac36bbb86016a954996b0dd7427cf4615aad9850b4885e165e962342",
    },
    Release {
        version: "24.1.1",
        wheel_sha256: "07118c4e8ab02350adf7a2b230feca72eb558949f2a18da81217bfcbbedd41fa",
        run_task_sha256: "5ddaa3ce44d7548e0d3cbc8cb6ae5230f0f07030668d065103a59cc523acdfb3",
    },
    Release {
        version: "24.1.0",
        wheel_sha256: "1c864bda28f6b4c6a105da9b8db30a735643d517437bc0a3beb33399dc2d0059",
        run_task_sha256: "5ddaa3ce44d7548e0d3cbc8cb6ae5230f0f07030668d065103a59cc523acdfb3",
    },
    Release {
        version: "24.0.0",
        wheel_sha256: "6ad9eb55d781259c8563cc5312a4c24edc7b50d9577550c03cf7777d1457f473",
        run_task_sha256: "5ddaa3ce44d7548e0d3cbc8cb6ae5230f0f07030668d065103a59cc523acdfb3",
    },
    Release {
        version: "23.2.0",
        wheel_sha256: "6058001acb3145f541810766b7232b7feb7015eabb70b656dde9288510f1cab8",
        run_task_sha256: "5ddaa3ce44d7548e0d3cbc8cb6ae5230f0f07030668d065103a59cc523acdfb3",
    },
    Release {
        version: "23.1.0",
        wheel_sha256: "035ebe32e8a91889d62b684a37965f9a6945fa5a0dec36f9020622c6a7f242eb",
        run_task_sha256: "5ddaa3ce44d7548e0d3cbc8cb6ae5230f0f07030668d065103a59cc523acdfb3",
    },
    Release {
        version: "23.0.0",
        wheel_sha256: "cac5460db5a9d30ab6c8aeb3799f2fc9bae12be62c899e10147b12e947bd93dc",
        run_task_sha256: "5ddaa3ce44d7548e0d3cbc8cb6ae5230f0f07030668d065103a59cc523acdfb3",
    },
    Release {
        version: "22.0.0",
        wheel_sha256: "fcca4aab8cfe1710ee00d7294d303f3af8559958f84e2cce1adabfe76e2cb4ff",
        run_task_sha256: "5ddaa3ce44d7548e0d3cbc8cb6ae5230f0f07030668d065103a59cc523acdfb3",
    },
    Release {
        version: "21.0.0",
        wheel_sha256: "ea42eb9a774c4eaaa9a084601aecd7c3240dc0884b31578bf17bfb7bb3eb9593",
        run_task_sha256: "aeb56a8acbdc7df6c7d521d5da3b1826033890a79a62cf7bc8b2fbe6c9df779a",
    },
    Release {
        version: "20.0.0",
        wheel_sha256: "cbf0064f39d42303458bbd22ccf0b28597f07fd752254333584149eb0a255a10",
        run_task_sha256: "5ddaa3ce44d7548e0d3cbc8cb6ae5230f0f07030668d065103a59cc523acdfb3",
    },
    Release {
        version: "19.2.1",
        wheel_sha256: "37fc7b09f129fd6fbcd4ce8f1f13f76a09652dfc8fe136887c7312fcd974ecb9",
        run_task_sha256: "cbbaf5380474618f5c43f533e28d86b37459738c629bbe4175d13f7764d8252a",
    },
    Release {
        version: "19.2.0",
        wheel_sha256: "d94cbf68c62b35d6328593f268fd571158f00aa8c517dd8941aaea680431eae3",
        run_task_sha256: "cbbaf5380474618f5c43f533e28d86b37459738c629bbe4175d13f7764d8252a",
    },
    Release {
        version: "19.1.0",
        wheel_sha256: "832f1151402bc05b72da1fdd9cd37b294819bee140e36073262ffc897b68dac3",
        run_task_sha256: "cbbaf5380474618f5c43f533e28d86b37459738c629bbe4175d13f7764d8252a",
    },
    Release {
        version: "19.0.0",
        wheel_sha256: "de44da37f5b8b710847d2c8b36d8f7adc351024472801ea0e5d0554a13b22d0d",
        run_task_sha256: "cbbaf5380474618f5c43f533e28d86b37459738c629bbe4175d13f7764d8252a",
    },
    Release {
        version: "18.1.0",
        wheel_sha256: "15fa0f3ca43a791ed00cdbc067ec042192f4f103bc88beb329a6f4fd38121bbd",
        run_task_sha256: "cbbaf5380474618f5c43f533e28d86b37459738c629bbe4175d13f7764d8252a",
    },
    Release {
        version: "18.0.3",
        wheel_sha256: "612c9267f24b195f0b0e3ec409eae8a5b3e5b977d9a2643055125ef8adee00c7",
        run_task_sha256: "cbbaf5380474618f5c43f533e28d86b37459738c629bbe4175d13f7764d8252a",
    },
    Release {
        version: "18.0.1",
        wheel_sha256: "2a8e02af57b1d30a69351cd3c39e5a3d195f59c14765a2971f615ae92431ba01",
        run_task_sha256: "cbbaf5380474618f5c43f533e28d86b37459738c629bbe4175d13f7764d8252a",
    },
    Release {
        version: "18.0.0",
        wheel_sha256: "e609f78e13e3e18e04b5bf0a1f5b9416bf277fea96aee763f3fbfdf6c4839a42",
        run_task_sha256: "cbbaf5380474618f5c43f533e28d86b37459738c629bbe4175d13f7764d8252a",
    },
];
