/**
 * How a machine without a browser gets in: the device authorization grant (RFC 8628), or a Hugging Face token shown once
 * (RFC 8693). Both end in a credential that is good for one peer key. Start at {@link
 * org.starling.auth.device.DeviceGrants}.
 */
@NullMarked
package org.starling.auth.device;

import org.jspecify.annotations.NullMarked;
