-- All that documents have. Of those that lead to a document that is gone, the target is NULL.
SELECT r.document_number, r.relationship_number, r.position, d.document_number AS target_document, r.target_position,
       r.score
FROM relationships r
LEFT JOIN documents d ON d.doc_id = r.target_doc_id
WHERE r.document_number = ANY ($1) AND r.relationship_type = 'cross_document'
