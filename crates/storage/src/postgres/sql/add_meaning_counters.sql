INSERT INTO meaning_counters VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (run_id, worker_id) DO UPDATE SET
    vectors = meaning_counters.vectors + excluded.vectors,
    semantic_relationships = meaning_counters.semantic_relationships + excluded.semantic_relationships,
    documents_compared = meaning_counters.documents_compared + excluded.documents_compared,
    cross_document_relationships = meaning_counters.cross_document_relationships + excluded.cross_document_relationships,
    duplicates = meaning_counters.duplicates + excluded.duplicates
