SELECT source_name, listed, (extract(epoch FROM finished_at) * 1000)::bigint
FROM discovery_cursors
WHERE run_id = $1
ORDER BY source_name
