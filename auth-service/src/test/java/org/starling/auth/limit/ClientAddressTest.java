package org.starling.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientAddressTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "203.0.113.5     | -                                    | 203.0.113.5",
                "203.0.113.5     | 198.51.100.1                         | 203.0.113.5",
                "127.0.0.1       | 198.51.100.1                         | 198.51.100.1",
                "10.0.0.3        | 1.1.1.1, 198.51.100.1                | 198.51.100.1",
                "10.0.0.3        | 1.1.1.1, 198.51.100.1, 10.0.0.9      | 198.51.100.1",
                "10.0.0.3        | evil.example                         | 10.0.0.3",
                "10.0.0.3        | 1.1.1.1, <script>                    | 10.0.0.3",
                "127.0.0.1       | 2001:db8:1:2:3:4:5:6                 | 20010db800010002",
                "2001:db8:1:2::9 | 1.1.1.1                              | 20010db800010002",
                "unknown         | 1.1.1.1                              | unknown",
            })
    void onlyWhatAProxyHasAppendedIsBelieved(String remote, String forwardedFor, String client) {
        assertThat(ClientAddress.network(remote, forwardedFor)).isEqualTo(client);
    }

    @Test
    void aPersonReadsTheWholeAddress() {
        assertThat(ClientAddress.of("127.0.0.1", "1.1.1.1, 2001:db8:1:2:3:4:5:6"))
                .isEqualTo("2001:db8:1:2:3:4:5:6");
        assertThat(ClientAddress.of("127.0.0.1", "1.1.1.1, 198.51.100.1")).isEqualTo("198.51.100.1");
    }
}
