package org.starling.hub.account;

import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.starling.hub.web.HubException;

/** Lets people join and leave organizations while the hub runs: {@code PUT /_hub/accounts/{name}/orgs}. */
@RestController
final class MembershipController {

    private final Accounts accounts;

    MembershipController(Accounts accounts) {
        this.accounts = accounts;
    }

    /** @param roles by organization name: all that the account is a member of from now on */
    @PutMapping(path = "/_hub/accounts/{name}/orgs", consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void replace(@PathVariable("name") String name, @RequestBody Map<String, String> roles) {
        Account account = accounts.account(name)
                .orElseThrow(() -> new HubException(HttpStatus.NOT_FOUND, "There is no account " + name));
        for (String organization : roles.keySet()) {
            if (accounts.organization(organization).isEmpty()) {
                throw new HubException(HttpStatus.BAD_REQUEST, "There is no organization " + organization);
            }
        }
        account.orgs().putAll(roles);
        account.orgs().keySet().retainAll(roles.keySet());
    }
}
