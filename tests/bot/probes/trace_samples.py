"""Header sets in the shapes of the big systems, written for these tests (names and texts invented).

Each sample: (id, headers, expected hops oldest first as (encryption, tls version, authenticated)).
"""

from __future__ import annotations

from typing import NamedTuple

from bot.model.trace import Encryption


class Sample(NamedTuple):
    """One header set and what it must be read as."""

    name: str
    headers: str
    hops: tuple[tuple[Encryption, str | None, bool | None], ...]
    senders: tuple[str, ...]


SAMPLES: tuple[Sample, ...] = (
    Sample(
        "Gmail takes from a Postfix submission over TLS 1.3",
        """Delivered-To: bob@gmail.example
Received: by 2002:a05:7300:8190:b0:133:2bb9:5a41 with SMTP id a16csp1234567dyi;
        Tue, 24 Nov 2026 01:02:07 -0800 (PST)
Received: from mx.example.org (mx.example.org. [93.184.216.34])
        by mx.google.com with ESMTPS id d9443c01a7336-2b1.2026.11.24.01.02.06
        for <bob@gmail.example>
        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);
        Tue, 24 Nov 2026 01:02:06 -0800 (PST)
Received: from laptop.home (host-7.isp.example [198.51.100.7])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)
\t(No client certificate requested)
\t(Authenticated sender: alice)
\tby mx.example.org (Postfix) with ESMTPSA id 4SfXyz1
\tfor <bob@gmail.example>; Tue, 24 Nov 2026 09:02:04 +0000 (UTC)
""",
        (("encrypted", "TLSv1.3", True), ("encrypted", "TLSv1.3", False), ("local", None, False)),
        ("host-7.isp.example", "mx.example.org", ""),
    ),
    Sample(
        "Exchange Online between its own machines",
        """Received: from AM9PR01MB1234.eurprd01.prod.exchangelabs.com (2603:10a6:20b:1::15)
 by DB8PR01MB5678.eurprd01.prod.exchangelabs.com with HTTPS; Tue, 24 Nov 2026 09:00:12 +0000
Received: from AM5PR0101CA0001.eurprd01.prod.exchangelabs.com (2603:10a6:206:16::14)
 by AM9PR01MB1234.eurprd01.prod.exchangelabs.com (2603:10a6:20b:1::15) with
 Microsoft SMTP Server (version=TLS1_2,
 cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.9000.10; Tue, 24 Nov
 2026 09:00:11 +0000
Received: from mail-ed1.example.net (209.85.208.1) by
 AM5EUR03FT001.mail.protection.outlook.com (10.152.16.1) with Microsoft SMTP
 Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.9000.1 via
 Frontend Transport; Tue, 24 Nov 2026 09:00:10 +0000
""",
        (("encrypted", "TLSv1.3", None), ("encrypted", "TLSv1.2", None), ("unknown", None, None)),
        (
            "mail-ed1.example.net",
            "AM5PR0101CA0001.eurprd01.prod.exchangelabs.com",
            "AM9PR01MB1234.eurprd01.prod.exchangelabs.com",
        ),
    ),
    Sample(
        "Exchange on premises, mapi and an old hop with (TLS) only",
        """Received: from EX02.corp.example (10.1.2.4) by EX01.corp.example (10.1.2.3) with
 Microsoft SMTP Server (TLS) id 14.3.498.0; Tue, 24 Nov 2026 09:00:03 +0100
Received: from EX02.corp.example ([fe80::1%12]) by EX02.corp.example
 ([fe80::1%12]) with mapi id 14.03.0498.000; Tue, 24 Nov 2026 09:00:02 +0100
""",
        (("unknown", None, None), ("encrypted", None, None)),
        ("EX02.corp.example", "EX02.corp.example"),
    ),
    Sample(
        "Exchange without a TLS comment went in clear",
        """Received: from edge.example.com (93.184.216.40) by mbx.corp.example (10.1.2.3) with Microsoft
 SMTP Server id 15.1.2507.6; Tue, 24 Nov 2026 09:00:03 +0100
""",
        (("clear", None, None),),
        ("edge.example.com",),
    ),
    Sample(
        "Exim, new style",
        """Received: from [203.0.113.9] (helo=pc.home) by mail.exim.example with esmtpsa
 (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.96) (envelope-from <a@exim.example>)
 id 1tFabc-0001Ab-2C; Tue, 24 Nov 2026 10:00:00 +0100
""",
        (("encrypted", "TLSv1.3", True),),
        ("203.0.113.9",),
    ),
    Sample(
        "Exim, old style, and its local delivery",
        """Received: from www-data by web.example with local (Exim 4.89)
\t(envelope-from <www-data@web.example>) id 1tF; Tue, 24 Nov 2026 09:59:58 +0000
Received: from mx3.example.com ([93.184.216.36]:42424)
\tby mail.exim.example with esmtps (TLS1.2:ECDHE_RSA_AES_256_GCM_SHA384:256)
\t(Exim 4.92) id 1tG; Tue, 24 Nov 2026 09:59:50 +0000
""",
        (("encrypted", "TLSv1.2", False), ("local", None, None)),
        ("mx3.example.com", "www-data"),
    ),
    Sample(
        "Sendmail with its version comment",
        """Received: from relay.example.edu (relay.example.edu [93.184.216.50])
\tby mail.example.edu (8.17.1/8.17.1) with ESMTPS id 4AO90a1b012345
\t(version=TLSv1.2 cipher=ECDHE-RSA-AES256-GCM-SHA384 bits=256 verify=NO)
\tfor <x@example.edu>; Tue, 24 Nov 2026 04:00:36 -0500
""",
        (("encrypted", "TLSv1.2", False),),
        ("relay.example.edu",),
    ),
    Sample(
        "qmail, plain, with its own hops inside",
        """Received: (qmail 12345 invoked by uid 89); 24 Nov 2026 09:00:02 -0000
Received: from unknown (HELO sender.example) (93.184.216.60)
  by qmail.example with SMTP; 24 Nov 2026 09:00:01 -0000
""",
        (("clear", None, False), ("local", None, None)),
        ("unknown", ""),
    ),
    Sample(
        "qmail with the TLS patch",
        """Received: from mail.example.net (mail.example.net [93.184.216.61])
  by qmail.example (qpsmtpd) with (ECDHE-RSA-AES256-GCM-SHA384 encrypted) ESMTPS; Tue, 24 Nov 2026 10:00:01 +0100
""",
        (("encrypted", None, False),),
        ("mail.example.net",),
    ),
    Sample(
        "Dovecot LMTP after Postfix, the first leg without TLS",
        """Received: from mail.example.com
\tby mail.example.com with LMTP
\tid 6Kk2Dxx7Q2cQAgAA
\t(envelope-from <a@example.org>)
\tfor <b@example.com>; Tue, 24 Nov 2026 09:00:01 +0000
Received: from mx.example.org (mx.example.org [93.184.216.34])
\tby mail.example.com (Postfix) with ESMTP id 4Sf
\tfor <b@example.com>; Tue, 24 Nov 2026 09:00:00 +0000 (UTC)
""",
        (("clear", None, False), ("local", None, False)),
        ("mx.example.org", "mail.example.com"),
    ),
    Sample(
        "Dovecot submission with LMTPS to another machine",
        """Received: from front.example.com ([10.0.0.5])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))
\tby store.example.com with LMTPS
\tid aBc (envelope-from <a@example.org>); Tue, 24 Nov 2026 09:00:01 +0000
""",
        (("encrypted", "TLSv1.3", False),),
        ("front.example.com",),
    ),
    Sample(
        "Postfix pickup by a local user",
        """Received: by box.example.com (Postfix, from userid 1000)
\tid 5D2C1; Tue, 24 Nov 2026 09:00:00 +0000 (UTC)
""",
        (("local", None, None),),
        ("",),
    ),
    Sample(
        "a content filter on the same machine (Amavis)",
        """Received: from mx.example.com ([127.0.0.1])
\tby localhost (mx.example.com [127.0.0.1]) (amavis, port 10024)
\twith ESMTP id abc; Tue, 24 Nov 2026 09:00:01 +0000 (UTC)
Received: from a.example.org (unknown [IPv6:2001:4860:4860::8888])
\t(using TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits))
\tby mx.example.com (Postfix) with ESMTPS id 4S; Tue, 24 Nov 2026 09:00:00 +0000 (UTC)
""",
        (("encrypted", "TLSv1.2", False), ("local", None, False)),
        ("a.example.org", "mx.example.com"),
    ),
    Sample(
        "Yahoo takes from itself by web form, hands over by SMTP",
        """Received: from sonic306.consmr.mail.ir2.yahoo.example (77.238.176.42) by mx.example.com
 with ESMTPS id x (version=TLS1_2 cipher=ECDHE-RSA-AES128-GCM-SHA256 bits=128/128);
 Tue, 24 Nov 2026 09:00:09 +0000
Received: from sonic.gate.mail.ne1.yahoo.example by sonic306.consmr.mail.ir2.yahoo.example with HTTP;
 Tue, 24 Nov 2026 09:00:05 +0000
""",
        (("unknown", None, None), ("encrypted", "TLSv1.2", False)),
        ("sonic.gate.mail.ne1.yahoo.example", "sonic306.consmr.mail.ir2.yahoo.example"),
    ),
    Sample(
        "OpenSMTPD",
        """Received: from mail.openbsd.example (mail.openbsd.example [93.184.216.70])
\tby mx.smtpd.example (OpenSMTPD) with ESMTPS id 1a2b3c4d (TLSv1.3:TLS_CHACHA20_POLY1305_SHA256:256:NO)
\tfor <u@smtpd.example>; Tue, 24 Nov 2026 09:00:00 +0000 (UTC)
""",
        (("encrypted", "TLSv1.3", False),),
        ("mail.openbsd.example",),
    ),
    Sample(
        "Amazon SES outwards, international addresses, clear second leg",
        """Received: from filter.example.jp (filter.example.jp [93.184.216.81])
\tby mbox.example.jp with UTF8SMTP id q1; Tue, 24 Nov 2026 18:00:03 +0900 (JST)
Received: from a1-2.smtp-out.eu-west-1.amazonses.example (54.240.1.2) by
\tfilter.example.jp with UTF8SMTPS id q0; Tue, 24 Nov 2026 18:00:01 +0900 (JST)
""",
        (("encrypted", None, False), ("clear", None, False)),
        ("a1-2.smtp-out.eu-west-1.amazonses.example", "filter.example.jp"),
    ),
    Sample(
        "a proprietary protocol tells nothing",
        """Received: from gw.mobile.example (93.184.216.90) by in.example with bizsmtp
 id 7f; Tue, 24 Nov 2026 09:00:00 +0000
""",
        (("unknown", None, None),),
        ("gw.mobile.example",),
    ),
    Sample(
        "a header that is nearly nothing",
        "Received: whatever\n",
        (("unknown", None, None),),
        ("",),
    ),
)
