SELECT source_name, outcome, format, sum(documents), sum(elements), sum(structural_relationships),
       sum(explicit_relationships), sum(bytes)
FROM run_counters
WHERE run_id = ?1
GROUP BY source_name, outcome, format
