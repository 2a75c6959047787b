INSERT INTO relationships
    (document_number, position, relationship_type, target_doc_id, target_position, score, model)
SELECT ?1, ?2, 'cross_document', doc_id, ?4, ?5, ?6 FROM documents WHERE document_number = ?3
