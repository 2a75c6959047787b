INSERT INTO relationships
    (document_number, relationship_number, position, relationship_type, target_doc_id, target_position, score, model)
SELECT new.document_number, new.relationship_number, new.position, 'cross_document', d.doc_id, new.target_position,
       new.score, $6
FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::integer[], $7::real[])
    AS new (document_number, relationship_number, position, target_document, target_position, score)
JOIN documents d ON d.document_number = new.target_document
