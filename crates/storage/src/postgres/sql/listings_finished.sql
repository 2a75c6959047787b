SELECT NOT EXISTS (
    SELECT 1
    FROM unnest($2::text[]) AS asked (source_name)
    WHERE NOT EXISTS (SELECT 1 FROM discovery_cursors c
                      WHERE c.run_id = $1 AND c.source_name = asked.source_name AND c.finished_at IS NOT NULL))
