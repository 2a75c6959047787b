SELECT source_name FROM discovery_cursors WHERE run_id = $1 AND following_since IS NOT NULL
