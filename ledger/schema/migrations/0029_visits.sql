-- Whom the inbox serves at the moment, proved to the database: a token that it makes for each connection that it takes,
-- bound to a number that the connection draws. Without one, or with one that is forged, too old, another connection's or
-- of an earlier visit, nobody is served.

CREATE TABLE visit_keys (
    kid text PRIMARY KEY,
    inner_key bytea NOT NULL CHECK (length(inner_key) = 64), -- as RFC 2104 has it: the key against 0x36 …
    outer_key bytea NOT NULL CHECK (length(outer_key) = 64)  -- … and against 0x5c
);

-- What a connection has drawn last is known to itself alone (`currval`), and no number is drawn twice.
CREATE SEQUENCE visit_numbers CACHE 50;

CREATE FUNCTION visit_number() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$ SELECT nextval('visit_numbers') $$;

-- HMAC-SHA-256 (RFC 2104) under the key `kid`; none where there is no such key. For the owner's functions alone.
CREATE FUNCTION visit_mac(kid text, content text) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(k.outer_key || sha256(k.inner_key || convert_to(content, 'UTF8')))
    FROM visit_keys k WHERE k.kid = visit_mac.kid
$$;

-- The content of a token `kid|until|bound to|content|mac`, where it holds for `bound`; else none. For the owner's
-- functions alone, which set the path. They ask for it several times a statement, so it is kept short.
CREATE FUNCTION visit_content(token text, bound text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    part text[] := string_to_array(token, '|');
    tag bytea;
BEGIN
    IF cardinality(part) IS DISTINCT FROM 5 OR part[3] IS DISTINCT FROM bound OR part[2] !~ '^[0-9]{1,12}$'
       OR part[2]::bigint < extract(epoch FROM clock_timestamp()) THEN
        RETURN NULL;
    END IF;
    SELECT visit_mac(part[1], left(token, -1 - length(part[5]))) INTO tag;
    RETURN CASE WHEN encode(tag, 'hex') = part[5] THEN part[4] END;
END $$;

-- What the visit of this connection shows, as `units;municipalities`; none where nobody is served.
CREATE FUNCTION visit_served() RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    token text := current_setting('frafaldsvarsel.visit', true);
BEGIN
    IF token IS NULL OR token = '' THEN
        RETURN NULL; -- nor has such a connection drawn a number
    END IF;
    RETURN visit_content(token, 'visit ' || currval('visit_numbers'));
END $$;

-- The units of whoever is served on this connection; none is an empty array.
CREATE FUNCTION visit_units() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN coalesce(string_to_array(nullif(split_part(visit_served(), ';', 1), ''), ','), '{}');
END $$;

-- The municipalities whose undecided messages they may see, by code; `*` is all.
CREATE FUNCTION visit_municipalities() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN coalesce(string_to_array(nullif(split_part(visit_served(), ';', 2), ''), ','), '{}');
END $$;

-- Whether the token of this connection is taken. While the database knows no key, rows are not kept apart.
CREATE FUNCTION visit_holds() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM visit_keys) OR visit_served() IS NOT NULL;
END $$;

-- Whether one of those units has a task about the person, under whichever of the person's numbers.
CREATE FUNCTION visit_knows(person text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    units text[] := visit_units();
BEGIN
    RETURN units <> '{}' AND EXISTS (
        WITH RECURSIVE joined (person_id) AS (
            SELECT person
            UNION
            SELECT other.person_id FROM joined, LATERAL (
                SELECT joined_to FROM person_joins WHERE person_joins.person_id = joined.person_id
                UNION ALL
                SELECT person_joins.person_id FROM person_joins WHERE joined_to = joined.person_id
            ) other (person_id)
        )
        SELECT FROM joined JOIN tasks t USING (person_id) WHERE t.unit_id = ANY (units));
END $$;

-- The person of a task of those units, admitted for this transaction: an act reads and writes what the person has at
-- other units too, as the role of acts. False where the task is none of theirs.
CREATE FUNCTION admit_person(task uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    token text;
BEGIN
    SELECT concat_ws('|', k.kid, floor(extract(epoch FROM clock_timestamp()) + 3600)::bigint,
                     'transaction ' || pg_current_xact_id(), t.person_id) INTO token
    FROM tasks t CROSS JOIN (SELECT kid FROM visit_keys ORDER BY kid LIMIT 1) k
    WHERE t.id = task AND t.unit_id = ANY (visit_units());
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM set_config('frafaldsvarsel.person',
                       token || '|' || encode(visit_mac(split_part(token, '|', 1), token), 'hex'), true);
    RETURN true;
END $$;

-- The person who was admitted in this transaction; none where nobody was.
CREATE FUNCTION visit_person() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN visit_content(
        current_setting('frafaldsvarsel.person', true), 'transaction ' || pg_current_xact_id_if_assigned());
END $$;

REVOKE ALL ON FUNCTION visit_number(), visit_mac(text, text), visit_content(text, text), visit_served(), visit_units(),
    visit_municipalities(), visit_holds(), visit_knows(text), admit_person(uuid), visit_person() FROM PUBLIC;
