SELECT cursor, listed, finished_at IS NOT NULL FROM discovery_cursors WHERE run_id = $1 AND source_name = $2
