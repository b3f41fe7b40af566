package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starling.auth.RunningAuthService.RUN_PATH;
import static org.starling.auth.RunningAuthService.json;

import java.nio.file.Path;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;
import org.starling.swarm.identity.PeerIdentity;
import tools.jackson.databind.JsonNode;

/** A run of so many orders that no newcomer could read them at once. */
@NullUnmarked
class ManyOrdersTest {

    @Test
    void aNewcomerIsToldTheFirstOnesAndWhereTheRestIs(@TempDir Path folder) {
        try (RunningAuthService service = new RunningAuthService(folder)) {
            service.post(RUN_PATH + "/orders", "otto", "{\"type\":\"pause\",\"reason\":\"for the night\"}");
            new JdbcTemplate(service.context.getBean(DataSource.class)).update("""
                    INSERT INTO issued_order (run_id, number, type, generation, message, issued_by, issued_at)
                    SELECT run_id, i, type, generation, message, issued_by, issued_at
                    FROM issued_order, generate_series(2, 600) i""");
            service.approve("bob");

            JsonNode told = json(service.askForToken("bob", PeerIdentity.create()));

            assertThat(told.path("orders").size()).isEqualTo(500);
            assertThat(told.path("ordersUntil").asLong()).isEqualTo(500);
            assertThat(json(service.get(RUN_PATH + "/orders?after=500&limit=500", null))
                            .size())
                    .isEqualTo(100);
        }
    }
}
