INSERT INTO meaning_counters VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (run_id, worker_id) DO UPDATE SET
    vectors = vectors + excluded.vectors,
    semantic_relationships = semantic_relationships + excluded.semantic_relationships,
    documents_compared = documents_compared + excluded.documents_compared,
    cross_document_relationships = cross_document_relationships + excluded.cross_document_relationships,
    duplicates = duplicates + excluded.duplicates
