package org.starling.auth.account;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starling.auth.hub.HubAccount.Membership;
import org.starling.auth.hub.HubProfile.Hardware;

/**
 * What is known of an account, as moderators see it.
 *
 * @param id the hub's, which does not change
 * @param firstSeen first visit here
 * @param hubSince when the account was made at the hub; absent as long as the hub did not say
 * @param organizations as the hub said at the last visit
 * @param hardware what the person shows to everybody
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Person(
        String id,
        String name,
        Instant firstSeen,
        @Nullable Instant hubSince,
        List<Membership> organizations,
        List<Hardware> hardware) {

    public static Person of(Account account) {
        return new Person(
                account.hubId(),
                account.name(),
                account.createdAt(),
                account.hubCreatedAt(),
                account.organizations(),
                account.hardware());
    }
}
