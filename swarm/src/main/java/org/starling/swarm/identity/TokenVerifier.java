package org.starling.swarm.identity;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.starling.swarm.identity.CredentialException.Reason;
import org.starling.swarm.runtime.BoundedMaps;

/**
 * Verifies access tokens offline. A new token costs a few hundred microseconds; one whose signature was verified before
 * costs a look-up and a comparison of times. Safe for use by several threads.
 */
public final class TokenVerifier {
    /** Longer tokens are refused unread; real ones have about 800 characters. */
    public static final int MAX_TOKEN_CHARACTERS = 4096;

    private static final Duration CLOCK_SKEW = Duration.ofSeconds(60);
    private static final int MAX_REMEMBERED = 8192;

    private final Supplier<TrustedAuthority> authority;
    private final String run;
    private final InstantSource clock;
    private final Map<String, Verified> remembered;
    private volatile Function<AccessToken, Optional<String>> bans = token -> Optional.empty();

    /** A token whose signature was good, and the authority of that moment. */
    private record Verified(AccessToken token, TrustedAuthority by) {}

    /** @param authority asked at each call, so that rotated keys are seen */
    public TokenVerifier(Supplier<TrustedAuthority> authority, String run, InstantSource clock) {
        this(authority, run, clock, Collections.synchronizedMap(BoundedMaps.ofLastUsed(MAX_REMEMBERED)));
    }

    private TokenVerifier(
            Supplier<TrustedAuthority> authority, String run, InstantSource clock, Map<String, Verified> remembered) {
        this.authority = authority;
        this.run = run;
        this.clock = clock;
        this.remembered = remembered;
    }

    /**
     * Refuses the tokens of the banned from now on; what they signed before remains verifiable.
     *
     * @param reasons why the owner of a token is banned; empty if it is not. Called by any thread
     */
    public void refuse(Function<AccessToken, Optional<String>> reasons) {
        bans = reasons;
    }

    /** Whether the owner of a verified token may take part, as far as bans and the authority's keys decide that. */
    public boolean isWelcome(AccessToken token) {
        return bans.apply(token).isEmpty() && isTrusted(token);
    }

    /** Whether the authority's keys are still such that the token was valid when it was issued. */
    public boolean isTrusted(AccessToken token) {
        try {
            verifyAt(token.compact(), token.issuedAt());
            return true;
        } catch (CredentialException signedByAKeyThatWasRevoked) {
            return false;
        }
    }

    /** A verifier with another clock that shares what this one remembers. */
    public TokenVerifier at(InstantSource other) {
        return new TokenVerifier(authority, run, other, remembered);
    }

    public String run() {
        return run;
    }

    /**
     * Says who somebody is, although they may be banned: they are told so.
     *
     * @throws CredentialException if the token is not valid now, in this run, from this authority
     */
    public AccessToken authenticate(String compact) {
        return verifyAt(compact, clock.instant());
    }

    /** @throws CredentialException if the token is not valid now, in this run, from this authority, or its owner is banned */
    public AccessToken verify(String compact) {
        AccessToken token = authenticate(compact);
        Optional<String> ban = bans.apply(token);
        if (ban.isPresent()) {
            throw new CredentialException(Reason.BANNED, token.accountName() + " is banned: " + ban.get());
        }
        return token;
    }

    /**
     * Verifies a token as of an earlier time: what a peer signed while its token was valid stays signed.
     *
     * @throws CredentialException if it was not valid then
     */
    public AccessToken verifyAt(String compact, Instant when) {
        if (compact.length() > MAX_TOKEN_CHARACTERS) {
            throw new CredentialException(Reason.MALFORMED_TOKEN, "The token is longer than " + MAX_TOKEN_CHARACTERS);
        }
        AccessToken token = verifySignatureOnce(compact);
        if (!when.isBefore(token.expiresAt().plus(CLOCK_SKEW))) {
            throw new CredentialException(
                    Reason.TOKEN_EXPIRED, "The token expired at " + token.expiresAt() + "; ask for a new one");
        }
        if (when.isBefore(token.issuedAt().minus(CLOCK_SKEW))) {
            throw new CredentialException(
                    Reason.TOKEN_NOT_YET_VALID,
                    "The token was issued at " + token.issuedAt() + " but it is " + when + " here; check the clocks");
        }
        return token;
    }

    private AccessToken verifySignatureOnce(String compact) {
        TrustedAuthority trusted = authority.get();
        Verified known = remembered.get(compact);
        if (known != null && known.by().equals(trusted)) {
            return known.token();
        }
        JWTClaimsSet claims = verifySignature(compact, trusted);
        if (!trusted.issuer().equals(claims.getIssuer())) {
            throw new CredentialException(Reason.WRONG_ISSUER, "The token was not issued by " + trusted.issuer());
        }
        if (!List.of(run).equals(claims.getAudience())) {
            throw new CredentialException(
                    Reason.WRONG_RUN, "The token is for the run " + claims.getAudience() + ", not for " + run);
        }
        AccessToken token = parse(compact, claims);
        remembered.put(compact, new Verified(token, trusted));
        return token;
    }

    private static JWTClaimsSet verifySignature(String compact, TrustedAuthority authority) {
        try {
            SignedJWT jwt = SignedJWT.parse(compact);
            JWSHeader header = jwt.getHeader();
            if (!JWSAlgorithm.ES256.equals(header.getAlgorithm())
                    || header.getType() == null
                    || !AuthorityKey.TOKEN_TYPE.equals(header.getType().getType())
                    || header.getCriticalParams() != null) {
                throw new CredentialException(Reason.MALFORMED_TOKEN, "The token is not an ES256 access token");
            }
            String keyId = String.valueOf(header.getKeyID());
            if (!authority.knows(keyId)) {
                throw new CredentialException(
                        Reason.UNKNOWN_KEY,
                        "The token is signed by a key that " + authority.issuer() + " does not publish");
            }
            if (!authority.verify(
                    keyId, jwt.getSigningInput(), jwt.getSignature().decode())) {
                throw new CredentialException(Reason.BAD_SIGNATURE, "The token's signature is wrong");
            }
            return jwt.getJWTClaimsSet();
        } catch (ParseException e) {
            throw new CredentialException(Reason.MALFORMED_TOKEN, "The token is not a signed JWT", e);
        }
    }

    private AccessToken parse(String compact, JWTClaimsSet claims) {
        try {
            Map<String, Object> confirmation = claims.getJSONObjectClaim("cnf");
            List<String> roleClaims = claims.getStringListClaim("roles");
            Date issuedAt = claims.getIssueTime();
            Date expiresAt = claims.getExpirationTime();
            if (confirmation == null
                    || roleClaims == null
                    || issuedAt == null
                    || expiresAt == null
                    || claims.getSubject() == null
                    || claims.getJWTID() == null
                    || !(confirmation.get("x5t#S256") instanceof String thumbprint)
                    || !(confirmation.get("peer") instanceof String peer)) {
                throw new CredentialException(Reason.MALFORMED_TOKEN, "The token lacks a claim of an access token");
            }
            String name = claims.getStringClaim("name");
            if (name == null
                    || name.length() > AccessToken.MAX_NAME_CHARACTERS
                    || claims.getSubject().length() > AccessToken.MAX_NAME_CHARACTERS) {
                throw new CredentialException(
                        Reason.MALFORMED_TOKEN, "The token has no account name and id of sane length");
            }
            return new AccessToken(
                    compact,
                    claims.getJWTID(),
                    run,
                    claims.getSubject(),
                    name,
                    Role.ofClaims(roleClaims),
                    thumbprint,
                    PeerId.parse(peer),
                    issuedAt.toInstant(),
                    expiresAt.toInstant());
        } catch (ParseException | IllegalArgumentException e) {
            throw new CredentialException(Reason.MALFORMED_TOKEN, "The token has a malformed claim", e);
        }
    }
}
