"""More shapes: providers, senders in bulk, a mailing list, a long ARC chain, clocks that disagree."""

from __future__ import annotations

from tests.bot.probes.trace_samples import Sample

MORE: tuple[Sample, ...] = (
    Sample(
        "iCloud inside, out of its submission server",
        """Received: from p00-icloudmta-asmtp-us-central-1k-100-percent-4 by p00-mailgateway-smtp-7d (mailgateway 2548B12)
\twith SMTP id 0123-4567
\tfor <bob@icloud.example>; Tue, 24 Nov 2026 09:00:03 GMT
Received: from outbound.ms.icloud.example (p-west3-cluster2-host4-snip4-10.eps.apple.example [57.103.66.10])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519
\t server-signature ECDSA (P-256) server-digest SHA256)
\t(No client certificate requested)
\tby mx.example.org (Postfix) with ESMTPS id 4AbCdE1234z9
\tfor <bob@example.org>; Tue, 24 Nov 2026 09:00:01 +0000 (UTC)
""",
        (("encrypted", "TLSv1.3", False), ("clear", None, False)),
        (
            "p-west3-cluster2-host4-snip4-10.eps.apple.example",
            "p00-icloudmta-asmtp-us-central-1k-100-percent-4",
        ),
    ),
    Sample(
        "Fastmail: Cyrus, its proxy, and a submission",
        """Received: from compute5.internal (compute5.nyi.internal [10.202.2.45])
\t by sloti22d1t06.messagingengine.example (Cyrus 3.11.0-alpha0) with LMTPA;
\t Tue, 24 Nov 2026 04:00:05 -0500
Received: from mx5 ([10.202.2.204])
  by compute5.internal (LMTPProxy); Tue, 24 Nov 2026 04:00:05 -0500
Received: from mx5.messagingengine.example (localhost [127.0.0.1])
\tby mailmx.nyi.internal (Postfix) with ESMTP id 2A9B3F0023
\tfor <ann@fastmail.example>; Tue, 24 Nov 2026 04:00:04 -0500 (EST)
Received: from mail.example.net (mail.example.net [93.184.216.10])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)
\t(No client certificate requested)
\tby mx5.messagingengine.example (Postfix) with ESMTPS
\tfor <ann@fastmail.example>; Tue, 24 Nov 2026 04:00:03 -0500 (EST)
""",
        (
            ("encrypted", "TLSv1.3", False),
            ("local", None, False),
            ("unknown", None, None),
            ("clear", None, True),
        ),
        ("mail.example.net", "localhost", "mx5", "compute5.nyi.internal"),
    ),
    Sample(
        "Proton outwards",
        """Received: from mail-4322.protonmail.example (mail-4322.protonmail.example [185.70.43.22])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
\t key-exchange X25519 server-signature RSA-PSS (4096 bits) server-digest SHA256)
\t(Client did not present a certificate)
\tby mail.example.org (Postfix) with ESMTPS id 4XyZ12
\tfor <ann@example.org>; Tue, 24 Nov 2026 10:00:03 +0100 (CET)
Date: Tue, 24 Nov 2026 09:00:00 +0000
""",
        (("encrypted", "TLSv1.3", False),),
        ("mail-4322.protonmail.example",),
    ),
    Sample(
        "SendGrid: a web hand-over without a semicolon, a date of Go's",
        """Received: from o1.ptr5678.example.com (o1.ptr5678.example.com [167.89.1.2])
\tby mx.example.org with esmtps (TLS1.3) tls TLS_AES_128_GCM_SHA256
\t(Exim 4.97) (envelope-from <bounces@em.example.com>) id 1rAbCd-0001
\tfor ann@example.org; Tue, 24 Nov 2026 09:00:07 +0000
Received: by recvd-5f7c8d6b4-abcde with SMTP id recvd-5f7c8d6b4-abcde-1-6563F0A6-3
\t2026-11-24 09:00:06.123456789 +0000 UTC m=+1234567.890123456
Received: from MTIzNDU2 (unknown) by geopod-ismtpd-5 (SG) with HTTP
\tid abcDEFghiJKL Tue, 24 Nov 2026 09:00:05.987 +0000 (UTC)
""",
        (("unknown", None, None), ("local", None, False), ("encrypted", "TLSv1.3", False)),
        ("MTIzNDU2", "", "o1.ptr5678.example.com"),
    ),
    Sample(
        "Mailgun: the API, then SMTP with its version",
        """Received: from m42-7.mailgun.example (m42-7.mailgun.example [69.72.42.7]) by b2f1e8c9d3a4 with
 SMTP id <6563f0a6.7f8b9c0d> (version=TLS1.3, cipher=TLS_AES_128_GCM_SHA256);
 Tue, 24 Nov 2026 09:00:06 GMT
Received: by luna.mailgun.example with HTTP; Tue, 24 Nov 2026 09:00:05 +0000
""",
        (("local", None, None), ("encrypted", "TLSv1.3", False)),
        ("", "m42-7.mailgun.example"),
    ),
    Sample(
        "Zoho: SMTPS and milliseconds in its id",
        """Received: from [192.168.1.20] (dsl-7.isp.example [198.18.0.7]) by mx.zohomail.example
\twith SMTPS id 1763974805012345.6789; Tue, 24 Nov 2026 01:00:05 -0800 (PST)
""",
        (("encrypted", None, False),),
        ("dsl-7.isp.example",),
    ),
    Sample(
        "a mailing list: through Mailman on the same machine, two days later",
        """Received: from lists.example.org (lists.example.org [93.184.216.50])
\t(using TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits))
\tby mx.example.com (Postfix) with ESMTPS id 4Z1; Thu, 26 Nov 2026 09:00:00 +0000 (UTC)
Received: from lists.example.org (localhost [127.0.0.1])
\tby lists.example.org (Postfix) with ESMTP id 4Z0; Thu, 26 Nov 2026 08:59:58 +0000 (UTC)
X-Original-To: all@lists.example.org
Received: from mail.example.net (mail.example.net [93.184.216.10])
\tby lists.example.org (Postfix) with ESMTP id 4Y9
\tfor <all@lists.example.org>; Tue, 24 Nov 2026 09:00:00 +0000 (UTC)
ARC-Seal: i=1; a=rsa-sha256; t=1; cv=none; d=lists.example.org; s=arc; b=x
""",
        (("clear", None, False), ("local", None, False), ("encrypted", "TLSv1.2", False)),
        ("mail.example.net", "localhost", "lists.example.org"),
    ),
    Sample(
        "forwarded through three systems that seal with ARC, one clock behind",
        """Received: by 2002:a05:6a20:1234:b0:1:2:3 with SMTP id x1csp1; Tue, 24 Nov 2026 01:00:09 -0800 (PST)
ARC-Seal: i=3; a=rsa-sha256; t=1763974808; cv=pass; d=google.example; s=arc-20240605; b=c
Received: from fwd.example.net (fwd.example.net. [93.184.216.77])
        by mx.google.example with ESMTPS id 41be03b00d2f7
        for <ann@gmail.example>
        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);
        Tue, 24 Nov 2026 01:00:08 -0800 (PST)
ARC-Seal: i=2; a=rsa-sha256; d=example.net; s=arc; cv=pass; t=1; b=b
Received: from EUR02-AM0-obe.outbound.protection.outlook.example
 (mail-am0eur02on2040.outbound.protection.outlook.example [40.107.247.40])
\t(using TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits))
\tby fwd.example.net (Postfix) with ESMTPS id 4T; Tue, 24 Nov 2026 08:57:00 +0000 (UTC)
ARC-Seal: i=1; a=rsa-sha256; s=arcselector10001; d=microsoft.example; cv=none; b=a
Received: from AM9PR01MB1.eurprd01.prod.outlook.example (2603:10a6:20b:1::15) by
 DB8PR01MB2.eurprd01.prod.outlook.example (2603:10a6:10:2::7) with Microsoft SMTP Server
 (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.9159.11; Tue, 24 Nov
 2026 09:00:02 +0000
""",
        (
            ("encrypted", "TLSv1.2", None),
            ("encrypted", "TLSv1.2", False),
            ("encrypted", "TLSv1.3", False),
            ("local", None, False),
        ),
        (
            "AM9PR01MB1.eurprd01.prod.outlook.example",
            "mail-am0eur02on2040.outbound.protection.outlook.example",
            "fwd.example.net",
            "",
        ),
    ),
)
