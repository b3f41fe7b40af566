package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.Problems.assertProblem;
import static org.starling.auth.RunningAuthService.RUN;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.json;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;

/** Lists of thousands, read part by part. */
@NullUnmarked
class PagingTest extends WithAuthService {

    private static final int PEOPLE = 3_000;
    private static final int ORDERS = 1_200;

    private static JdbcTemplate database;

    @BeforeAll
    static void crowd() {
        database = service.context.getBean(JdbcTemplate.class);
        service.get("/api/v1/me", "ada");
        service.post(RUN_PATH + "/orders", "otto", "{\"type\":\"resume\",\"reason\":\"the first\"}");
        service.post(RUN_PATH + "/join-requests", "bob", "");
        database.update("""
                INSERT INTO account (hub_id, name, created_at)
                SELECT 'crowd' || n, 'crowd_' || lpad(n::text, 5, '0'), now() FROM generate_series(1, ?) n""", PEOPLE);
        database.update("""
                INSERT INTO join_request (run_id, account_id, state, requested_at, version)
                SELECT r.id, a.id, 'PENDING', now(), 0 FROM run r, account a
                WHERE r.name = ? AND a.hub_id LIKE 'crowd%' ORDER BY a.id""", RUN);
        database.update("""
                INSERT INTO audit_event (at, run, actor, action, subject, detail)
                SELECT now(), ?, 'ada', 'test', n::text, '' FROM generate_series(1, ?) n""", RUN, PEOPLE);
        database.update("""
                INSERT INTO issued_order (run_id, number, type, generation, message, issued_by, issued_at)
                SELECT run_id, n, type, generation, message, issued_by, issued_at
                FROM issued_order, generate_series(2, ?) n WHERE number = 1""", ORDERS);
        database.update("""
                INSERT INTO ban (run_id, account_id, reason, banned_by, banned_at, ban_order, lifted_by, lifted_at, lift_order)
                SELECT o.run_id, a.id, 'noise', o.issued_by, now(), o.number, o.issued_by, now(), o.number
                FROM issued_order o JOIN account a ON a.hub_id = 'crowd' || o.number""");
    }

    @Test
    void everyListIsReadToItsEndAndBackAndNothingIsSkippedOrRepeated() {
        assertWalk(RUN_PATH + "/join-requests?state=pending&limit=400", "ada", "account", PEOPLE + 1);
        assertWalk(RUN_PATH + "/join-requests?limit=500", "ada", "account", PEOPLE + 1);
        assertThat(assertWalk(RUN_PATH + "/accounts?limit=250", "ada", "name", PEOPLE + 1))
                .isSorted();
        assertThat(assertWalk(RUN_PATH + "/accounts?beginning=CROWD_000", "ada", "name", 99))
                .startsWith("crowd_00001")
                .endsWith("crowd_00099");
        assertThat(assertWalk(RUN_PATH + "/orders", null, "number", ORDERS))
                .isEqualTo(LongStream.rangeClosed(1, ORDERS)
                        .mapToObj(Long::toString)
                        .toList());
        assertThat(assertWalk(RUN_PATH + "/bans?limit=333", "ada", "accountId", ORDERS))
                .startsWith("crowd" + ORDERS)
                .endsWith("crowd1");
        assertWalk("/api/v1/audit?limit=500", "olga", "id", deeds("true"));
        assertWalk(RUN_PATH + "/audit", "otto", "id", deeds("run IS NOT NULL"));
    }

    @Test
    void whatIsDecidedMeanwhileShiftsNothing() {
        HttpResponse<String> first = service.get(RUN_PATH + "/join-requests?state=pending&limit=50", "ada");
        JsonNode shown = json(first);
        for (int i = 10; i < 30; i++) {
            database.update(
                    "UPDATE join_request SET state = 'APPROVED', decided_at = now() WHERE id = ?",
                    shown.get(i).path("id").asLong());
        }
        JsonNode next = json(follow(first, "next", "ada").orElseThrow());
        assertThat(next.get(0).path("id").asLong())
                .isGreaterThan(shown.get(49).path("id").asLong())
                .isEqualTo(database.queryForObject(
                        "SELECT min(id) FROM join_request WHERE id > ?",
                        Long.class,
                        shown.get(49).path("id").asLong()));
        database.update("UPDATE join_request SET state = 'PENDING', decided_at = NULL WHERE state = 'APPROVED'");
    }

    @Test
    void aPartThatCannotBeIsRefused() {
        String path = RUN_PATH + "/join-requests";
        assertProblem(service.get(path + "?limit=501", "ada"), 400, "limit must be from 1 to 500, not 501");
        assertProblem(service.get(path + "?after=1&before=9", "ada"), 400, "after or before, not both");
        assertProblem(service.get(path + "?after=soon", "ada"), 400, "after");
        assertProblem(service.get(path + "?state=odd", "ada"), 400, "pending, approved or refused");
        assertThat(json(service.get(path + "?after=999999999", "ada")).size()).isZero();
        assertThat(json(service.get(RUN_PATH + "/accounts?beginning=%25", "ada"))
                        .size())
                .as("no pattern")
                .isZero();
    }

    @Test
    void aModeratorTurnsPages() {
        try (PersonsBrowser ada = browser()) {
            assertThat(ada.open("/runs/" + RUN + "/accounts").click("ada").text())
                    .contains("bob", "crowd_00049")
                    .doesNotContain("crowd_00050", "Previous");
            assertThat(ada.click("Next →").text())
                    .contains("crowd_00050", "crowd_00099")
                    .doesNotContain("crowd_00100");
            assertThat(ada.click("← Previous").text()).contains("bob", "crowd_00049");
            ada.type("beginning", "crowd_02");
            assertThat(ada.submit("/accounts").text()).contains("crowd_02000").doesNotContain("crowd_01999");
            assertThat(ada.click("Next →").text()).contains("crowd_02050").doesNotContain("crowd_02049");
            assertThat(ada.open("/runs/" + RUN + "/requests").text()).contains("Waiting", "crowd_00049");
            assertThat(ada.click("Later →").text()).contains("crowd_00050");
            ada.open("/runs/" + RUN + "/bans").click("Older →");
            assertThat(ada.text()).contains("crowd_01150").doesNotContain("crowd_01151");
        }
        try (PersonsBrowser otto = browser()) {
            otto.open("/runs/" + RUN + "/audit").click("otto").click("Older →");
            assertThat(otto.click("← Newer").text()).doesNotContain("Newer");
        }
    }

    /** Reads forwards and backwards; what was read forwards. */
    private static List<String> assertWalk(String path, String person, String field, int size) {
        List<String> forwards = new ArrayList<>();
        HttpResponse<String> last = null;
        for (Optional<HttpResponse<String>> part = Optional.of(service.get(path, person));
                part.isPresent();
                part = follow(last, "next", person)) {
            last = part.get();
            json(last).forEach(each -> forwards.add(each.path(field).asString()));
        }
        assertThat(forwards).as(path).hasSize(size);
        assertThat(new HashSet<>(forwards)).as(path).hasSize(size);
        List<String> backwards = new ArrayList<>();
        for (Optional<HttpResponse<String>> part = Optional.of(last);
                part.isPresent();
                part = follow(last, "prev", person)) {
            last = part.get();
            List<String> items = new ArrayList<>();
            json(last).forEach(each -> items.add(each.path(field).asString()));
            Collections.reverse(items);
            backwards.addAll(items);
        }
        Collections.reverse(backwards);
        assertThat(backwards).as(path).isEqualTo(forwards);
        return forwards;
    }

    private static Optional<HttpResponse<String>> follow(HttpResponse<String> from, String relation, String person) {
        String links = from.headers().firstValue("Link").orElse("");
        Matcher link = Pattern.compile("<([^>]*)>; rel=\"" + relation + "\"").matcher(links);
        return link.find()
                ? Optional.of(service.get(link.group(1).substring(service.url.length()), person))
                : Optional.empty();
    }

    private static int deeds(String which) {
        return database.queryForObject("SELECT count(*) FROM audit_event WHERE " + which, Integer.class);
    }
}
