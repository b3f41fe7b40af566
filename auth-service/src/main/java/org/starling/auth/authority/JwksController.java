package org.starling.auth.authority;

import java.time.Duration;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Publishes the authority's keys. */
@RestController
class JwksController {

    private final Authority authority;

    JwksController(Authority authority) {
        this.authority = authority;
    }

    @GetMapping({"/.well-known/jwks.json", "/oauth2/jwks"})
    ResponseEntity<String> jwks() {
        return ResponseEntity.ok()
                .cacheControl(CacheControl.maxAge(Duration.ofMinutes(5)))
                .contentType(MediaType.parseMediaType("application/jwk-set+json"))
                .body(authority.keyring().jwks());
    }
}
