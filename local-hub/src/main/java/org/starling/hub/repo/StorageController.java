package org.starling.hub.repo;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.starling.hub.web.HubException;

/**
 * The store behind LFS, S3 on the real Hub. Like S3 it takes a signature in the address and nothing else: an
 * {@code Authorization} header and chunked transfer are refused.
 */
@RestController
final class StorageController {

    private static final String OID = "{oid:[0-9a-f]{64}}";

    private final ObjectStore objects;
    private final StorageSignatures signatures;

    StorageController(ObjectStore objects, StorageSignatures signatures) {
        this.objects = objects;
        this.signatures = signatures;
    }

    @PutMapping({"/_storage/" + OID + "/{size}", "/_storage/" + OID + "/{size}/{part}"})
    ResponseEntity<Void> put(
            HttpServletRequest request,
            @PathVariable("oid") String oid,
            @PathVariable("size") long size,
            @PathVariable(name = "part", required = false) @Nullable Integer part,
            @RequestParam("expires") long expires,
            @RequestParam("signature") String signature)
            throws IOException {
        refuseAuthorization(request);
        if (request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null) {
            throw new HubException(
                    HttpStatus.NOT_IMPLEMENTED,
                    "A header you provided implies functionality that is not implemented: Transfer-Encoding");
        }
        if (request.getContentLengthLong() < 0) {
            throw new HubException(HttpStatus.LENGTH_REQUIRED, "You must provide the Content-Length HTTP header.");
        }
        signatures.check("PUT", request.getRequestURI(), expires, signature);
        if (part == null) {
            objects.putLfs(oid, size, request.getInputStream());
            return ResponseEntity.ok().eTag("\"" + oid + "\"").build();
        }
        return ResponseEntity.ok()
                .eTag("\"" + objects.putPart(oid, part, request.getInputStream()) + "\"")
                .build();
    }

    @GetMapping("/_storage/" + OID)
    ResponseEntity<Resource> get(
            HttpServletRequest request,
            @PathVariable("oid") String oid,
            @RequestParam("expires") long expires,
            @RequestParam("signature") String signature) {
        refuseAuthorization(request);
        signatures.check("GET", request.getRequestURI(), expires, signature);
        return ResponseEntity.ok()
                .eTag("\"" + oid + "\"")
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .body(new FileSystemResource(objects.lfsFile(oid)));
    }

    private static void refuseAuthorization(HttpServletRequest request) {
        if (request.getHeader(HttpHeaders.AUTHORIZATION) != null) {
            throw HubException.badRequest(
                    "Only one auth mechanism allowed; the address is signed, so send no" + " Authorization header");
        }
    }
}
