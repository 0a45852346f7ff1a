#pragma once

// The commit that this build was made from, or an empty string: Package.swift passes what the environment says.
const char *harness_build_commit(void);
