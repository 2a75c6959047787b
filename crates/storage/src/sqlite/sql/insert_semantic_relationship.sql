INSERT INTO relationships
    (document_number, position, relationship_type, target_doc_id, target_position, score, model)
SELECT ?1, ?2, 'semantic', doc_id, ?3, ?4, ?5 FROM documents WHERE document_number = ?1
