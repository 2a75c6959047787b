INSERT INTO discovery_cursors (run_id, source_name, finished_at)
VALUES (?1, ?2, CAST(unixepoch('subsec') * 1000 AS INTEGER))
ON CONFLICT (run_id, source_name) DO UPDATE SET finished_at = excluded.finished_at
