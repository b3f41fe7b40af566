package org.starling.hub.account;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.starling.hub.web.HubException;
import org.starling.hub.web.PublicAddress;

/** {@code GET /api/users/{name}/overview}: what anybody may know of an account. */
@RestController
final class OverviewController {

    private final Accounts accounts;
    private final PublicAddress address;

    OverviewController(Accounts accounts, PublicAddress address) {
        this.accounts = accounts;
        this.address = address;
    }

    record Overview(
            @JsonProperty("_id") String id,
            String user,
            String fullname,
            String avatarUrl,
            boolean isPro,
            String type,
            Instant createdAt,
            List<Membership> orgs,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<Account.Hardware> hardwareItems) {}

    record Membership(String id, String name, String fullname, String avatarUrl) {}

    @GetMapping("/api/users/{name}/overview")
    Overview overview(@PathVariable("name") String name, HttpServletRequest request) {
        Account account = accounts.account(name)
                .orElseThrow(() -> new HubException(HttpStatus.NOT_FOUND, "This user does not exist"));
        String avatar = address.hub(request) + "/_hub/avatar.svg";
        return new Overview(
                account.id(),
                account.name(),
                account.fullName(),
                avatar,
                false,
                "user",
                account.createdAt(),
                account.orgs().keySet().stream()
                        .sorted()
                        .map(each -> accounts.organization(each).orElseThrow())
                        .map(each -> new Membership(each.id(), each.name(), each.fullName(), avatar))
                        .toList(),
                account.hardware().isEmpty() ? null : account.hardware());
    }
}
