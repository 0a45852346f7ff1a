CREATE TABLE mask (
    run_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    png BLOB NOT NULL,
    PRIMARY KEY (run_id, position),
    FOREIGN KEY (run_id, position) REFERENCES slice (run_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX slice_by_mask ON slice (mask_sha256);
