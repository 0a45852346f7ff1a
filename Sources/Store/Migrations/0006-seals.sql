CREATE TABLE seal (
    run_id INTEGER PRIMARY KEY REFERENCES run (id),
    format INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;

CREATE TABLE sealed_table (
    run_id INTEGER NOT NULL REFERENCES seal (run_id),
    table_name TEXT NOT NULL,
    row_checks BLOB NOT NULL,
    PRIMARY KEY (run_id, table_name)
) STRICT, WITHOUT ROWID;
