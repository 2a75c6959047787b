INSERT INTO discovery_cursors (run_id, source_name, cursor, listed)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (run_id, source_name) DO UPDATE SET cursor = excluded.cursor, listed = listed + excluded.listed
