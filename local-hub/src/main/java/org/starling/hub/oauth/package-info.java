/** OAuth 2 and OpenID Connect as the Hub speaks them: code flow with PKCE, refresh, device flow, user info. */
@NullMarked
package org.starling.hub.oauth;

import org.jspecify.annotations.NullMarked;
