INSERT INTO run_counters
    (run_id, worker_id, source_name, outcome, format,
     documents, elements, structural_relationships, explicit_relationships, bytes)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (run_id, worker_id, source_name, outcome, format) DO UPDATE SET
    documents = documents + excluded.documents,
    elements = elements + excluded.elements,
    structural_relationships = structural_relationships + excluded.structural_relationships,
    explicit_relationships = explicit_relationships + excluded.explicit_relationships,
    bytes = bytes + excluded.bytes
