package org.starling.hub.web;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import org.starling.hub.HubProperties;

/** The addresses that clients and browsers use, without a slash at the end. */
@Component
public final class PublicAddress {

    private final @Nullable URI url;
    private final @Nullable URI storageUrl;

    PublicAddress(HubProperties properties) {
        this.url = properties.url();
        this.storageUrl = properties.storageUrl();
    }

    /** The hub's address, also the issuer of its tokens. */
    public String hub(HttpServletRequest request) {
        return strip(
                url == null
                        ? ServletUriComponentsBuilder.fromContextPath(request).toUriString()
                        : url.toString());
    }

    /** The address of the store behind uploads and downloads. */
    public String storage(HttpServletRequest request) {
        return storageUrl == null ? hub(request) : strip(storageUrl.toString());
    }

    private static String strip(String address) {
        return address.replaceAll("/+$", "");
    }
}
