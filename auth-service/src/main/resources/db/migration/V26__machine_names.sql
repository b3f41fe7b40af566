-- What a machine called itself when it logged in; null for one that came with its owner's token.
ALTER TABLE peer_credential ADD COLUMN device_name text;
