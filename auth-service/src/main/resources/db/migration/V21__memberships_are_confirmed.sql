-- When the hub last told of which organizations a person is a member.
ALTER TABLE account ADD COLUMN organizations_at timestamptz;

-- What the rule demanded that admitted somebody, so that it can be asked again whether they still do.
ALTER TABLE join_request
    ADD COLUMN rule_organization text,
    ADD COLUMN rule_minimum_role text CHECK (rule_minimum_role IN ('READ', 'CONTRIBUTOR', 'WRITE', 'ADMIN'));

UPDATE join_request
SET rule_organization = substring(rule FROM '^member of (\S+) with the role '),
    rule_minimum_role = upper(substring(rule FROM ' with the role (\w+) or more$'))
WHERE rule IS NOT NULL;

ALTER TABLE join_request
    DROP COLUMN rule,
    ADD CHECK ((rule_organization IS NULL) = (rule_minimum_role IS NULL));
