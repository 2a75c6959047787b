-- The same link twice in one element is one relationship.
INSERT INTO relationships
    (document_number, position, relationship_type, target_doc_id, target_position, fragment)
VALUES (?1, ?2, 'explicit', ?3, 0, ?4)
ON CONFLICT DO NOTHING
