package org.starling.auth.credential;

import org.springframework.data.repository.Repository;

interface IssuedTokenRepository extends Repository<IssuedToken, Long> {

    void save(IssuedToken token);
}
