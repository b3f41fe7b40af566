package org.starling.hub.account;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.starling.hub.HubProperties;
import org.starling.hub.HubProperties.AccountProperties;
import org.starling.hub.HubProperties.ClientProperties;
import org.starling.hub.HubProperties.HardwareProperties;
import org.starling.hub.HubProperties.OrganizationProperties;
import org.starling.hub.HubProperties.TokenRole;
import org.starling.hub.account.Account.Hardware;

/** The accounts and organizations of the configuration. */
@Component
public final class Accounts {

    private final Map<String, Account> accounts = new LinkedHashMap<>();
    private final Map<String, Organization> organizations = new LinkedHashMap<>();
    private final Map<String, Principal> tokens = new LinkedHashMap<>();

    /** Reads the configuration; a name or token given twice is an error. */
    public Accounts(HubProperties properties) {
        for (OrganizationProperties each : properties.organizations()) {
            Organization organization = organization(each.name(), each.fullName());
            addToken(each.token(), new Principal.Org(organization));
        }
        for (AccountProperties each : properties.accounts()) {
            Account account = new Account(
                    each.id() == null ? id("user", each.name()) : each.id(),
                    each.name(),
                    each.fullName() == null ? each.name() : each.fullName(),
                    each.email(),
                    new ConcurrentHashMap<>(each.orgs()),
                    each.createdAt(),
                    hardware(each));
            if (accounts.put(account.name(), account) != null) {
                throw new IllegalArgumentException("hub.accounts holds '" + account.name() + "' twice");
            }
            account.orgs().keySet().forEach(name -> organization(name, null));
            String token = each.token();
            if (token != null) {
                addToken(token, new Principal.User(account, each.tokenRole() == TokenRole.WRITE, token));
            }
        }
        for (ClientProperties each : properties.clients()) {
            addToken(each.token(), new Principal.App(each.id()));
        }
    }

    private static List<Hardware> hardware(AccountProperties account) {
        List<Hardware> items = new ArrayList<>();
        for (HardwareProperties each : account.hardware()) {
            items.add(new Hardware(
                    List.of(each.type(), each.vendor(), each.model()), each.memory(), each.count(), items.isEmpty()));
        }
        return List.copyOf(items);
    }

    public Collection<Account> accounts() {
        return Collections.unmodifiableCollection(accounts.values());
    }

    public Optional<Account> account(String name) {
        return Optional.ofNullable(accounts.get(name));
    }

    public Optional<Organization> organization(String name) {
        return Optional.ofNullable(organizations.get(name));
    }

    /** Whom a configured token stands for. */
    public Optional<Principal> byToken(String token) {
        return Optional.ofNullable(tokens.get(token));
    }

    private Organization organization(String name, @Nullable String fullName) {
        return organizations.computeIfAbsent(
                name, key -> new Organization(id("org", key), key, fullName == null ? key : fullName));
    }

    private void addToken(@Nullable String token, Principal principal) {
        if (token != null && tokens.put(token, principal) != null) {
            throw new IllegalArgumentException("A token of '" + principal.name() + "' is configured twice");
        }
    }

    private static String id(String kind, String name) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest((kind + ":" + name).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
