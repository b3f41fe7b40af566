package org.starling.swarm.identity;

import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;

/** The curve of the authority's keys, with BouncyCastle's own arithmetic for it. */
final class P256 {
    /** One for all, so that the table of its base point is computed once. */
    static final ECDomainParameters DOMAIN = domain();

    private P256() {}

    private static ECDomainParameters domain() {
        X9ECParameters curve = CustomNamedCurves.getByName("P-256");
        return new ECDomainParameters(curve.getCurve(), curve.getG(), curve.getN(), curve.getH());
    }
}
