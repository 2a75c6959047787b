SELECT coalesce(sum(vectors), 0), coalesce(sum(semantic_relationships), 0), coalesce(sum(documents_compared), 0),
       coalesce(sum(cross_document_relationships), 0), coalesce(sum(duplicates), 0)
FROM meaning_counters
WHERE run_id = ?1
