package org.starling.auth.device;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.starling.auth.account.Accounts;
import org.starling.auth.device.Machines.Machine;
import org.starling.auth.hub.HubAccount;
import org.starling.swarm.identity.PeerId;

/** One's own machines over HTTP. */
@RestController
@RequestMapping("/api/v1/me/machines")
class MachineController {

    private final Machines machines;
    private final PeerCredentials credentials;
    private final Accounts accounts;

    MachineController(Machines machines, PeerCredentials credentials, Accounts accounts) {
        this.machines = machines;
        this.credentials = credentials;
        this.accounts = accounts;
    }

    @GetMapping
    List<Machine> list(HubAccount person) {
        return machines.of(accounts.of(person));
    }

    /** Logs a machine out. The token that it has stays good until it expires. */
    @DeleteMapping("/{peer}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void logOut(@PathVariable("peer") String peer, HubAccount person) {
        credentials.revoke(accounts.of(person), PeerId.parse(peer));
    }
}
