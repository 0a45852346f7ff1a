extension Schema {
    /// One digest a run over all that it is, and short ones of its rows, by which a row that was changed is found.
    ///
    /// A seal leaves out what is NULL and tables without a row of its run. So that it holds through later migrations, these only add
    /// tables, and columns that are NULL in the rows that are there.
    static let seals = """
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
        """
}
