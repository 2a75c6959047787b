INSERT INTO elements
    (document_number, position, parent_position, ordinal, depth, element_type, text, content_location, attributes,
     content_digest)
SELECT new.document_number, new.position, new.parent_position, new.ordinal, new.depth, new.element_type, new.text,
       new.content_location, new.attributes::jsonb, new.content_digest
FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::bigint[])
    AS new (document_number, position, parent_position, ordinal, depth, element_type, text, content_location,
            attributes, content_digest)
