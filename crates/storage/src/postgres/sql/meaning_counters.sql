SELECT coalesce(sum(vectors), 0)::bigint, coalesce(sum(semantic_relationships), 0)::bigint,
       coalesce(sum(documents_compared), 0)::bigint, coalesce(sum(cross_document_relationships), 0)::bigint,
       coalesce(sum(duplicates), 0)::bigint
FROM meaning_counters
WHERE run_id = $1
