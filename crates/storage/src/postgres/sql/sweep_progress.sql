SELECT coalesce(swept_to, 0), swept_at IS NOT NULL FROM discovery_cursors WHERE run_id = $1 AND source_name = $2
