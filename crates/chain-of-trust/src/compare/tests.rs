//! Tests of comparing.
