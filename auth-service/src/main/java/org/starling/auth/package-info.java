/** The auth service: who may take part in a run. People log in with their Hugging Face account and ask to join, moderators
 * decide, and peers of approved accounts get signed tokens that other peers verify without asking here. Operators give
 * the swarm signed orders.
 *
 * <p>Start reading at {@link org.starling.auth.credential.TokenIssuer}. */
@NullMarked
package org.starling.auth;

import org.jspecify.annotations.NullMarked;
