INSERT INTO relationships
    (document_number, relationship_number, position, relationship_type, target_doc_id, target_position, score, model)
SELECT new.document_number, new.relationship_number, new.position, 'semantic', d.doc_id, new.target_position,
       new.score, new.model
FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::real[], $6::text[])
    AS new (document_number, relationship_number, position, target_position, score, model)
JOIN documents d ON d.document_number = new.document_number
