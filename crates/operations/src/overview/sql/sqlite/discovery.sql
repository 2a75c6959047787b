SELECT source_name, listed, finished_at FROM discovery_cursors WHERE run_id = ?1 ORDER BY source_name
