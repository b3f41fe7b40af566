/**
 * Who a peer is and why others may believe it.
 *
 * <p>A peer owns an Ed25519 key that signs what it says and a P-256 key with a self-signed certificate that its
 * TLS connections use. The auth service binds both, an account and a run in one signed {@link
 * org.starling.swarm.identity.AccessToken}; every peer verifies it offline with the keys of a {@link
 * org.starling.swarm.identity.TrustedAuthority}. Knows nothing of networking. Start at {@link
 * org.starling.swarm.identity.PeerIdentity} and {@link org.starling.swarm.identity.TokenVerifier}.
 */
@NullMarked
package org.starling.swarm.identity;

import org.jspecify.annotations.NullMarked;
