package org.starling.swarm.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.wire.Endpoint;

class AddressBookTest {
    private static Endpoint at(int port) {
        return new Endpoint("host:" + port, null);
    }

    @Test
    void theLatestThatAnsweredComesFirst() {
        AddressBook book = new AddressBook(List.of(at(1), at(2)));

        book.answered(at(3));
        book.answered(new Endpoint("host:2", PeerIdentity.create().id()));

        assertThat(book.addresses()).containsExactly(at(2), at(3), at(1));
    }

    @Test
    void whereSomebodyLivesWhoIsShutOutIsForgotten() {
        AddressBook book = new AddressBook(List.of(at(1), at(2)));

        book.forget(new Endpoint("host:1", PeerIdentity.create().id()));

        assertThat(book.addresses()).containsExactly(at(2));
    }

    @Test
    void theOldestMakeRoom() {
        AddressBook book = new AddressBook(
                IntStream.rangeClosed(1, 100).mapToObj(AddressBookTest::at).toList());

        book.answered(at(200));

        assertThat(book.addresses())
                .hasSize(AddressBook.MAX_ADDRESSES)
                .startsWith(at(200), at(1))
                .endsWith(at(AddressBook.MAX_ADDRESSES - 1));
    }
}
