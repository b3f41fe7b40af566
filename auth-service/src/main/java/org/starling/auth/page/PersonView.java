package org.starling.auth.page;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.starling.auth.account.Account;
import org.starling.auth.hub.HubProfile.Hardware;

/**
 * What is known of a person, in words.
 *
 * @param hubAge how long they have been at the hub
 * @param organizations with the person's role
 * @param hardware what they show of it
 */
record PersonView(String name, String hubAge, List<String> organizations, List<String> hardware) {

    static PersonView of(Account account, Instant now) {
        Instant since = account.hubCreatedAt();
        return new PersonView(
                account.name(),
                since == null ? "not known yet" : Ago.of(since, now),
                account.organizations().stream()
                        .map(each -> each.role().isEmpty()
                                ? each.organization()
                                : each.organization() + " (" + each.role() + ")")
                        .toList(),
                account.hardware().stream().map(PersonView::words).toList());
    }

    private static String words(Hardware item) {
        List<String> words = new ArrayList<>();
        if (item.count() > 1) {
            words.add(item.count() + " ×");
        }
        words.add(item.vendor());
        words.add(item.model());
        if (item.memory() > 0) {
            words.add(String.format(Locale.ROOT, "%.0f GB", item.memory()));
        }
        return String.join(" ", words);
    }
}
