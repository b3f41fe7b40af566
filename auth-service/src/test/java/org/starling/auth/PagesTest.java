package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.starling.auth.Problems.assertProblem;
import static org.starling.auth.RunningAuthService.RUN;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerIdentity;

/** The pages, as people without scripts use them. */
@NullUnmarked
class PagesTest extends WithAuthService {

    @Test
    void aVolunteerLogsInAsksAndSeesTheAnswer() {
        try (PersonsBrowser bob = browser();
                PersonsBrowser ada = browser()) {
            assertThat(bob.open("/").text()).contains("Train one network together", RUN, "Draws emoji");
            assertThat(bob.click(RUN).text()).contains("Log in to ask to join", "./starling join " + service.url);
            bob.logIn("bob");
            bob.open("/runs/" + RUN);
            assertThat(bob.click("Ask to join").text()).contains("Waiting for a moderator", "You asked just now");

            assertThat(ada.open("/runs/" + RUN + "/requests").status()).isEqualTo(200);
            assertThat(ada.click("ada").text()).contains("Waiting", "bob");
            answer(ada, "bob", "Approve");
            assertThat(ada.text()).contains("bob may take part.");

            assertThat(bob.open("/runs/" + RUN).text()).contains("You may take part");
            assertThat(bob.open("/").text()).contains("You may take part");
            assertThat(bob.click("Log out").text()).contains("Log in with Hugging Face");
        }
    }

    @Test
    void aRefusalNeedsAReasonAndThePersonReadsIt() {
        try (PersonsBrowser cleo = browser();
                PersonsBrowser ada = browser()) {
            cleo.open("/runs/" + RUN).logIn("cleo").open("/runs/" + RUN).click("Ask to join");
            long id = service.requestId("cleo");

            ada.open("/runs/" + RUN + "/requests").click("ada");
            assertThat(ada.submit("/requests/" + id + "/refuse").status()).isEqualTo(400);
            assertThat(ada.wrong("reason" + id)).contains("reason must say");
            assertThat(ada.text()).contains("That did not work", "cleo");
            ada.open("/runs/" + RUN + "/requests").type("reason" + id, "Sent <b>garbage</b> before");
            assertThat(ada.submit("/requests/" + id + "/refuse").text()).contains("cleo was refused");

            assertThat(cleo.open("/runs/" + RUN).text())
                    .contains("Refused", "Sent <b>garbage</b> before")
                    .doesNotContain("Start a peer");
            ada.open("/runs/" + RUN + "/requests?state=refused");
            assertThat(ada.text()).contains("Sent <b>garbage</b> before", "refused by ada");
            assertThat(ada.click("Approve after all").text()).contains("cleo may take part.");
            ada.open("/runs/" + RUN + "/requests?state=approved").type("reason" + id, "Sends garbage again");
            assertThat(ada.submit("/requests/" + id + "/refuse").text()).contains("cleo was refused");
        }
    }

    @Test
    void aModeratorSeesWhomTheyDecideAbout() {
        try (PersonsBrowser pia = browser();
                PersonsBrowser ada = browser()) {
            pia.open("/runs/" + RUN).logIn("pia").open("/runs/" + RUN).click("Ask to join");
            ada.open("/runs/" + RUN + "/requests").click("ada");
            await().untilAsserted(() -> assertThat(
                            ada.open("/runs/" + RUN + "/requests").text())
                    .contains("pia", "years ago", "birds (contributor)", "2 × NVIDIA RTX 3090 24 GB"));
        }
    }

    @Test
    void aModeratorBansAnAccountAndLiftsTheBan() {
        service.approve("finn");
        PeerIdentity peer = PeerIdentity.create();
        assertThat(service.askForToken("finn", peer).statusCode()).isEqualTo(200);
        try (PersonsBrowser ada = browser()) {
            ada.open("/runs/" + RUN + "/accounts").click("ada");
            assertThat(ada.text()).contains("finn", "approved");
            assertThat(ada.click("finn").text()).contains(peer.id().toString(), "trainer", "Ban this key");
            ada.type("reason", "Sends noise");
            assertThat(ada.submit("/ban").text()).contains("finn is banned", "Banned: Sends noise");
            assertProblem(service.askForToken("finn", peer), 403, "Sends noise");

            try (PersonsBrowser finn = browser()) {
                finn.open("/runs/" + RUN).logIn("finn");
                assertThat(finn.open("/runs/" + RUN).text())
                        .contains("Banned", "Sends noise")
                        .doesNotContain("You may take part", "Start a peer");
            }
            ada.open("/runs/" + RUN + "/bans");
            assertThat(ada.text()).contains("in force", "Sends noise");
            assertThat(ada.page.getForms()).isNotEmpty();
            ada.page.getElementsByTagName("textarea").forEach(area -> area.setTextContent("It was a broken cable"));
            assertThat(ada.submit("/lift").text()).contains("is lifted", "It was a broken cable");
            assertThat(service.askForToken("finn", peer).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aModeratorBansOneKey() {
        service.approve("gina");
        PeerIdentity good = PeerIdentity.create();
        PeerIdentity bad = PeerIdentity.create();
        service.askForToken("gina", good);
        service.askForToken("gina", bad);
        try (PersonsBrowser ada = browser()) {
            ada.open("/runs/" + RUN + "/accounts").click("ada").click("gina");
            ada.type("reason-" + bad.id(), "This one is stolen");
            assertThat(ada.submit("/keys/" + bad.id() + "/ban").text())
                    .contains("is banned. The swarm hears of it now.");
        }
        assertProblem(service.askForToken("gina", bad), 403, "This one is stolen");
        assertThat(service.askForToken("gina", good).statusCode()).isEqualTo(200);
    }

    @Test
    void aModeratorAdmitsAnOrganisationByRule() {
        try (PersonsBrowser ada = browser();
                PersonsBrowser nia = browser()) {
            ada.open("/runs/" + RUN + "/rules").click("ada").type("organization", "birds");
            ada.choose("minimumRole", "write");
            assertThat(ada.submit("/rules").text())
                    .contains("Members of birds need not wait any more", "role write or more");
            nia.open("/runs/" + RUN).logIn("nia").open("/runs/" + RUN);
            assertThat(nia.click("Ask to join").text()).contains("You may take part");
            assertThat(ada.click("Remove").text()).contains("The rule is gone");
        }
    }

    @Test
    void pagesOfAnOfficeAreForThoseWhoHoldIt() {
        try (PersonsBrowser dan = browser()) {
            assertThat(dan.open("/runs/" + RUN)
                            .logIn("dan")
                            .open("/runs/" + RUN)
                            .text())
                    .doesNotContain("Requests");
            for (String page : List.of("requests", "accounts", "accounts/dan", "bans", "rules")) {
                assertThat(dan.open("/runs/" + RUN + "/" + page).status()).isEqualTo(403);
                assertThat(dan.text()).contains("dan is no moderator of " + RUN);
            }
        }
    }

    @Test
    void whatIsNotThereIsSaidOnAPage() {
        try (PersonsBrowser somebody = browser()) {
            assertThat(somebody.open("/runs/demo/nothing").status()).isEqualTo(404);
            assertThat(somebody.text()).contains("There is no run demo/nothing here");
            assertThat(somebody.open("/no/such/page").status()).isEqualTo(404);
            assertThat(somebody.text()).contains("There is nothing here");
            somebody.open("/").logIn("eve");
            assertThat(somebody.open("/no/such/page").status()).isEqualTo(404);
        }
    }

    @Test
    void everythingStaysUnderThePathPrefixOfAProxy() {
        HttpRequest.Builder request = service.request("/runs/" + RUN, null)
                .header("Accept", "text/html")
                .header("X-Forwarded-Proto", "https")
                .header("X-Forwarded-Host", "birds.example.org")
                .header("X-Forwarded-Prefix", "/starling");
        HttpResponse<String> page = service.send(request.GET());
        assertThat(page.body())
                .contains("href=\"/starling/style.css\"", "href=\"/starling/oauth2/authorization/huggingface\"")
                .contains("./starling join <span>https://birds.example.org/starling</span>")
                .doesNotContain("href=\"/oauth2", "href=\"/runs");
        HttpResponse<String> login = service.send(service.request("/runs/" + RUN + "/requests", null)
                .header("Accept", "text/html")
                .header("X-Forwarded-Host", "birds.example.org")
                .header("X-Forwarded-Proto", "https")
                .header("X-Forwarded-Prefix", "/starling"));
        assertThat(login.headers().firstValue("Location").orElseThrow())
                .startsWith("https://birds.example.org/starling/oauth2/authorization/huggingface");
    }

    private static void answer(PersonsBrowser moderator, String person, String answer) {
        long id = service.requestId(person);
        moderator.submit("/requests/" + id + "/" + answer.toLowerCase(java.util.Locale.ROOT));
    }
}
