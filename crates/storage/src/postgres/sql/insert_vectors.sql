INSERT INTO embeddings (document_number, position, part, model, dimensions, vector)
SELECT new.document_number, new.position, new.part, new.model, octet_length(new.vector) / 2, new.vector
FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::bytea[])
    AS new (document_number, position, part, model, vector)
