package org.starling.auth.run;

import org.springframework.stereotype.Component;
import org.starling.auth.AuthProperties;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;

/** Those who run this service, as its settings name them. */
@Component
public class ServiceOperators {

    private final AuthProperties properties;

    ServiceOperators(AuthProperties properties) {
        this.properties = properties;
    }

    public boolean include(Account account) {
        return properties.operators().contains(account.name())
                || properties.operators().contains(account.hubId());
    }

    /** A problem 403 for everybody else. */
    public void require(Account account) {
        if (!include(account)) {
            throw Problem.forbidden(
                    "Not allowed",
                    account.name() + " does not operate this service; its settings name who does"
                            + " (starling.auth.operators)");
        }
    }
}
